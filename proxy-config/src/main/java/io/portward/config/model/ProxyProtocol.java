package io.portward.config.model;

/** Which PROXY protocol header a server gets at the start of each connection. */
public enum ProxyProtocol {
    NONE,
    V1,
    V2
}
