"""Places at URLs (gs://, s3:// and more, by fsspec): local copies in, complete outputs out."""
