package io.portward.config.model;

import java.util.regex.Pattern;

/** Reads TCP port numbers: plain decimal, no sign, no leading zero. */
final class PortNumber {

    private static final Pattern DIGITS = Pattern.compile("[0-9]+");
    private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,4}");

    private PortNumber() {}

    static boolean looksLikeOne(String text) {
        return DIGITS.matcher(text).matches();
    }

    /** @throws IllegalArgumentException with a message for the operator */
    static int parse(String text, int lowest) {
        if (NUMBER.matcher(text).matches()) {
            int port = Integer.parseInt(text);
            if (port >= lowest && port <= 65535) {
                return port;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is not a port number (expected: " + lowest + " to 65535)");
    }
}
