"""Matchers: find the places worth a closer look. `scan.matching` chooses one."""
