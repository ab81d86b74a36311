"""What the tests share: invented data, stand-ins, servers, processes."""
