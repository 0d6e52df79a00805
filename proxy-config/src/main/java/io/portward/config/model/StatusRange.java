package io.portward.config.model;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** HTTP status codes from {@code least} to {@code most}, both included. */
public record StatusRange(int least, int most) {

    private static final Pattern TEXT = Pattern.compile("([1-9][0-9]{2})(?:-([1-9][0-9]{2}))?");

    /** RFC 9110 §15: a final response is 2xx to 5xx. */
    public StatusRange {
        if (least < 200 || most > 599 || least > most) {
            throw new IllegalArgumentException(
                    "'" + least + "-" + most + "' is no range of status codes (expected: 200 to 599, the lower first)");
        }
    }

    /**
     * Reads {@code 200} or {@code 200-399}.
     *
     * @throws IllegalArgumentException with a message for the operator
     */
    public static StatusRange parse(String text) {
        Matcher match = TEXT.matcher(text);
        if (!match.matches()) {
            throw new IllegalArgumentException("'" + text + "' is no status code or range (expected: 200 or 200-399)");
        }
        int least = Integer.parseInt(match.group(1));
        return new StatusRange(least, match.group(2) == null ? least : Integer.parseInt(match.group(2)));
    }

    public boolean contains(int status) {
        return status >= least && status <= most;
    }

    @Override
    public String toString() {
        return least == most ? String.valueOf(least) : least + "-" + most;
    }
}
