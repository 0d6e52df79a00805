package io.portward.core.transport;

/** User event: the peer will send no more bytes on this channel. Writing to it may still work. */
public enum InputClosed {
    /** It said so in its protocol: TLS close_notify, or FIN where there is no TLS. */
    ORDERLY,
    /** FIN on a TLS connection: after close_notify the rest of the goodbye, without it a cut. */
    CUT
}
