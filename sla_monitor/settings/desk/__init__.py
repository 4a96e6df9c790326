"""Settings of the desk: who may sign in, how, and what each role may do to what."""
