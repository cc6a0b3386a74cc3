"""The deterministic core: what decides.

Data flows one way through it: a *command* (what somebody asks for, see `command`) comes in with the time, the
`Tenant` state machine changes its memory, and three kinds of plain data go out: *records* (what the store must write,
see `record`), *messages* (what sessions are told once the records are committed, see `message`) and a *reply* to
whoever sent the command. Nothing here reads a clock, rolls dice, or touches the world: ids and times come with the
commands, so the same commands give the same state, in production and in the simulator.
"""
