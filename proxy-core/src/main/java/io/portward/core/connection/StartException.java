package io.portward.core.connection;

/** The proxy could not start; the message is one line that names the port or file and the remedy. */
public final class StartException extends Exception {

    private static final long serialVersionUID = 1L;

    public StartException(String message, Throwable cause) {
        super(message, cause);
    }

    public StartException(String message) {
        super(message);
    }
}
