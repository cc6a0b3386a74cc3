"""Links between replicas: commands travel to the owner of their tenant, replies and messages travel back.

A link is one TCP connection from the replica that has the client to the one that owns the tenant. After a shared
secret, both sides send frames (a length of four bytes, then MessagePack) that hold whatever has gathered since the
last one.
"""
