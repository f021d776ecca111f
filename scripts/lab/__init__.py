"""Hosts in network namespaces with polluxd between them: for the demo and the functional tests."""
