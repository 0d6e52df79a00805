package io.portward.config.model;

/** What a client gets that asks for a name no certificate covers, or sends none. */
public enum UnknownNames {
    /** The first certificate listed. */
    FALLBACK,
    /** An unrecognized_name alert (RFC 6066 §3). */
    REJECT
}
