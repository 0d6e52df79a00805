package io.portward.config.validate;

import java.util.Locale;

/**
 * One thing that is wrong or doubtful in a configuration file.
 *
 * @param file as the operator named it
 * @param path the key concerned, such as {@code ports[1].routes[0].backend}; empty for the file as a whole
 */
public record Problem(Severity severity, String file, Position position, String path, String message) {

    // Long enough for every message of ours; a hostile file must not flood a terminal.
    private static final int MAX_MESSAGE = 600;
    private static final int MAX_PATH = 200;

    public Problem {
        path = printable(path, MAX_PATH);
        message = printable(message, MAX_MESSAGE);
    }

    /** {@code FILE:LINE:COLUMN: error: path: message}; without line and column when they say nothing. */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder(file);
        if (position.line() > 0) {
            out.append(':').append(position.line()).append(':').append(position.column());
        }
        out.append(": ").append(severity.text()).append(": ");
        if (!path.isEmpty()) {
            out.append(path).append(": ");
        }
        return out.append(message).toString();
    }

    /** Text of the file that may end up on a terminal: no control or direction characters, bounded. */
    private static String printable(String text, int limit) {
        StringBuilder out = new StringBuilder(Math.min(text.length(), limit) + 4);
        text.codePoints().limit(limit).forEach(c -> {
            switch (Character.getType(c)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.SURROGATE,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR,
                        Character.UNASSIGNED,
                        Character.PRIVATE_USE -> out.append(String.format(Locale.ROOT, "\\u%04x", c));
                default -> out.appendCodePoint(c);
            }
        });
        return text.codePointCount(0, text.length()) > limit ? out.append('…').toString() : out.toString();
    }
}
