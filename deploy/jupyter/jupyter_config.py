"""What every Jupyter program on this host reads."""

c = get_config()  # noqa: F821

# Over TCP anybody on the host may listen to what a kernel is told and what it shows: a neighbour's answers.
c.KernelManager.transport = "ipc"
