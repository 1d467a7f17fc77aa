"""Asking services and the gateway from outside, as a client would."""
