"""Refusing a value when its configuration is made."""


def require(holds: bool, message: str) -> None:
    """Refuse, with `message`, where `holds` is false.

    Raises:
        ValueError: with the message.
    """
    if not holds:
        raise ValueError(message)
