package io.portward.config.model;

/**
 * What a header has to say for a route to match.
 *
 * @param text the whole value, or a regular expression for the whole value
 */
public record HeaderMatch(String text, boolean isRegex) {

    /** Reads a value, or a regular expression between slashes; whether that is one is for others to check. */
    public static HeaderMatch parse(String text) {
        boolean regex = text.length() > 1 && text.startsWith("/") && text.endsWith("/");
        return new HeaderMatch(regex ? text.substring(1, text.length() - 1) : text, regex);
    }

    /** The form that {@link #parse} reads. */
    @Override
    public String toString() {
        return isRegex ? "/" + text + "/" : text;
    }
}
