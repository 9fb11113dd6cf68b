"""The pure core: values and functions of the domain; standard library only, no clock, no I/O."""
