"""Generated from `contracts/mattock`; not for users."""
