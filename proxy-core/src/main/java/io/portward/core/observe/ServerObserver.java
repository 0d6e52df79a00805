package io.portward.core.observe;

/** What happens between Portward and one server of a backend. */
public interface ServerObserver {

    void connected();

    void disconnected();

    void connectFailed();

    /** Whether the server is believed to answer; told on every change, and once at the start. */
    void up(boolean up);
}
