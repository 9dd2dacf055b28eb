"""The library: a function for each command, on plain values, which neither prints nor draws.

`import jaxswap` hands the functions on, each of which lies in a file of its own here. Paths may be
URLs, such as s3://bucket/folder. Outputs appear when they are complete. `events` hears how far a
function is, and may stop it. A function raises `errors.JaxswapError` for what a user can fix, and
`ValueError` for a caller's mistake.
"""
