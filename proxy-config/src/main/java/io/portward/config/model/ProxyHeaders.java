package io.portward.config.model;

/** Whether connections to a port begin with a PROXY protocol header. */
public enum ProxyHeaders {
    NONE,
    /** Trusted peers may send one. */
    OPTIONAL,
    /** Only trusted peers are served, and each sends one. */
    REQUIRED
}
