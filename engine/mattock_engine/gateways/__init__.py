"""Gateways: the outside protocols, translated to commands and back. They decide nothing."""
