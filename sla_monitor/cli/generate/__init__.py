"""`sla-monitor generate`, `demo` and `stack`: what others need, and a simulated estate to try it on."""
