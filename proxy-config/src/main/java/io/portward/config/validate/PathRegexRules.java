package io.portward.config.validate;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.portward.config.model.UrlPath;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tells of expressions that no path can match, since paths are compared in their normal form.
 *
 * <p>Only what stands there plainly is seen: character classes, and for what a path has to hold also groups and alternatives, are passed over. So
 * nothing is said of an expression that does match something.
 */
final class PathRegexRules {

    private static final Pattern ESCAPE = Pattern.compile("%[0-9A-Fa-f]{2}");

    /** Stands for whatever is no plain character; no path holds it. */
    private static final char OTHER = '\0';

    private static final List<String> READ_IN_DIFFERENT_WAYS = List.of(";", "%2F", "%5C");

    private final String regex;

    /** The plain characters, and those of them that each match holds. */
    private final StringBuilder plain = new StringBuilder();

    private final StringBuilder required = new StringBuilder();
    private int at;
    private int depth;
    private boolean alternatives;
    private boolean anyCase;

    private PathRegexRules(String regex) {
        this.regex = regex;
    }

    /** @param regex compiles */
    static void check(String regex, String path, Problems problems) {
        PathRegexRules rules = new PathRegexRules(regex);
        rules.read();
        String needed = rules.needed();
        if (needed != null) {
            problems.warning(
                    path,
                    "never matches: a path with '" + needed
                            + "' is refused unless the route matches it in every way in which servers read it");
            return;
        }
        Matcher escapes = ESCAPE.matcher(rules.plain);
        while (escapes.find()) {
            String normal = UrlPath.normalize("/" + escapes.group());
            String form = normal == null ? "" : normal.substring(1);
            if (rules.anyCase ? !form.equalsIgnoreCase(escapes.group()) : !form.equals(escapes.group())) {
                problems.warning(
                        path,
                        "'" + escapes.group() + "' matches nothing: "
                                + (normal == null ? "such paths are refused" : "paths hold '" + form + "' there"));
                return;
            }
        }
    }

    private @Nullable String needed() {
        String text = alternatives ? "" : required.toString().toUpperCase(Locale.ROOT);
        return READ_IN_DIFFERENT_WAYS.stream()
                .filter(text::contains)
                .findFirst()
                .orElse(null);
    }

    private void read() {
        while (at < regex.length()) {
            char c = regex.charAt(at++);
            switch (c) {
                case '\\' -> escape();
                case '[' -> characterClass();
                case '(' -> group();
                case ')' -> {
                    depth--;
                    add(OTHER);
                }
                case '|' -> {
                    alternatives |= depth == 0;
                    add(OTHER);
                }
                case '?', '*', '{' -> quantifier(c);
                case '+', '.', '^', '$' -> add(OTHER);
                default -> add(c);
            }
        }
    }

    private void add(char c) {
        plain.append(c);
        required.append(depth == 0 ? c : OTHER);
    }

    private void escape() {
        char c = regex.charAt(at++);
        if (c == 'Q') {
            int end = regex.indexOf("\\E", at);
            int stop = end < 0 ? regex.length() : end;
            regex.substring(at, stop).chars().forEach(quoted -> add((char) quoted));
            at = end < 0 ? stop : stop + 2;
        } else {
            add(Character.isLetterOrDigit(c) ? OTHER : c);
        }
    }

    /** A bracket that comes first is one of the characters, and so is every one after a backslash. */
    private void characterClass() {
        at += at < regex.length() && regex.charAt(at) == '^' ? 1 : 0;
        at += at < regex.length() && regex.charAt(at) == ']' ? 1 : 0;
        while (at < regex.length() && regex.charAt(at) != ']') {
            if (regex.startsWith("[:", at)) {
                at = Math.max(at, regex.indexOf(":]", at) + 1);
            }
            at += regex.charAt(at) == '\\' ? 2 : 1;
        }
        at++;
        add(OTHER);
    }

    private void group() {
        depth++;
        if (regex.startsWith("?", at)) {
            int end = at;
            while (end < regex.length() && ":)>".indexOf(regex.charAt(end)) < 0) {
                end++;
            }
            anyCase |= regex.charAt(at + 1) != 'P' && regex.substring(at, end).contains("i");
            at = end;
            if (end < regex.length() && regex.charAt(end) != ')') {
                at++;
            }
        }
        add(OTHER);
    }

    /** What comes before it may be missing, or there several times. */
    private void quantifier(char c) {
        int last = plain.length() - 1;
        if (last >= 0) {
            plain.setCharAt(last, OTHER);
            required.setCharAt(last, OTHER);
        }
        if (c == '{') {
            int end = regex.indexOf('}', at);
            at = end < 0 ? at : end + 1;
        }
        add(OTHER);
    }
}
