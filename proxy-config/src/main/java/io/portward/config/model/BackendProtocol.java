package io.portward.config.model;

/** How Portward speaks to the servers of a backend. */
public enum BackendProtocol {
    HTTP1
}
