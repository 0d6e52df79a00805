package io.portward.core.connection;

import io.portward.config.model.ListenAddress;
import java.net.BindException;
import java.util.Locale;

/** Puts the kernel's refusal to bind into a line that says what to do. */
final class BindProblem {

    private static final int FIRST_ORDINARY_PORT = 1024;

    private BindProblem() {}

    static String explain(ListenAddress address, Throwable cause) {
        String reason = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (reason.contains("in use")) {
            return "port " + address
                    + " is already in use by another process; stop it (`ss -ltnp` names it) or change `listen`";
        }
        if (reason.contains("permission denied")) {
            String remedy = address.port() < FIRST_ORDINARY_PORT
                    ? "ports below 1024 need root or CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE)"
                    : "the system's policy forbids it";
            return "port " + address + " may not be bound: " + remedy;
        }
        if (reason.contains("cannot assign") || reason.contains("can't assign")) {
            return "port " + address + " cannot be bound: no interface of this machine has the address "
                    + address.host();
        }
        String detail = cause instanceof BindException ? cause.getMessage() : cause.toString();
        return "port " + address + " cannot be bound: " + detail;
    }
}
