"""What can go wrong on a rig, each as one sentence."""


class RigError(Exception):
    """A port, a program or a pump did not do its part."""


class NoAnswer(RigError):
    """The pump did not answer, or it refused an exchange in the clear."""


class Refused(RigError):
    """cistern refused a command of its control channel; the text is its sentence."""
