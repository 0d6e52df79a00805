package io.portward.config.yaml;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * Says in an operator's words what SnakeYAML says in those of a parser: its tokens and collections mean nothing to somebody who misses a space.
 *
 * @param at where it shows; null if unknown
 * @param message what is wrong and what to do
 */
record YamlSyntax(@Nullable Mark at, String message) {

    private static final Pattern NO_TOKEN = Pattern.compile("found character '(.*)' that cannot start any token.*");
    private static final Pattern NO_END = Pattern.compile("expected <block end>, but found '(.*)'");
    private static final Pattern NO_COMMA = Pattern.compile("expected ',' or '([]}])', but got .*");
    private static final Pattern NO_VALUE = Pattern.compile("expected the node content, but found '(.*)'");

    /** What begins a key or an entry, and so a line. */
    private static final Pattern LINE_BEGIN = Pattern.compile("<block .*|\\?|-|<block entry>");

    static YamlSyntax of(MarkedYAMLException e) {
        String problem =
                e.getProblem() == null ? "syntax error" : e.getProblem().strip();
        String context = e.getContext() == null ? "" : e.getContext().strip();
        if (context.startsWith("while scanning an alias")) {
            return new YamlSyntax(e.getContextMark(), "a value that begins with '*' needs quotes");
        }
        if (context.startsWith("while scanning an anchor")) {
            return new YamlSyntax(e.getContextMark(), "a value that begins with '&' needs quotes");
        }
        if (context.startsWith("while scanning a quoted scalar") && problem.contains("end of stream")) {
            return new YamlSyntax(e.getContextMark(), "the quotes that open here are never closed");
        }
        String words = inWords(problem, e.getContextMark());
        if (words == null) {
            words = context.isEmpty() ? problem : context + ", " + problem;
        }
        return new YamlSyntax(e.getProblemMark(), words);
    }

    private static @Nullable String inWords(String problem, @Nullable Mark context) {
        String since = context == null ? "earlier" : "in line " + (context.getLine() + 1);
        if (problem.startsWith("mapping values are not allowed")) {
            return "this ':' cannot stand here; is a ':' missing in the line before, or the space after an earlier ':'?"
                    + " (a value with ': ' in it needs quotes)";
        }
        Matcher match = NO_TOKEN.matcher(problem);
        if (match.matches()) {
            return match.group(1).contains("TAB")
                    ? "a tab stands here; indent with spaces"
                    : "a value cannot begin with '" + match.group(1) + "'; write it in quotes";
        }
        match = NO_END.matcher(problem);
        if (match.matches() && (match.group(1).equals("}") || match.group(1).equals("]"))) {
            return "one '" + match.group(1) + "' too many";
        }
        if (match.matches()) {
            return LINE_BEGIN.matcher(match.group(1)).matches()
                    ? "the indentation does not fit; keys of one section begin in the same column (this one began "
                            + since + ")"
                    : "nothing may follow the value here; put the whole value in quotes if it belongs to it";
        }
        match = NO_COMMA.matcher(problem);
        if (match.matches()) {
            String end = match.group(1);
            return "a ',' or the '" + end + "' is missing for the '" + (end.equals("}") ? "{" : "[") + "' that opened "
                    + since;
        }
        match = NO_VALUE.matcher(problem);
        return match.matches() ? "a value is missing here, or needs quotes; found '" + match.group(1) + "'" : null;
    }
}
