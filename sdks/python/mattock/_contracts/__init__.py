"""Generated from `contracts`; not for users."""
