package io.portward.config.yaml;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * A value of one line.
 *
 * @param expected for messages, such as "a duration such as 10s"
 * @param range the least and the most that is taken; empty where there is no such thing or {@code expected} tells it
 * @param kinds what YAML may take the text for
 * @param parser reads the text; its {@link IllegalArgumentException} is the message for the operator
 * @param writer the inverse: a text, number or boolean
 * @param example the stand-in for wrong values
 * @param schema the JSON Schema
 */
record ScalarType<T>(
        String expected,
        String range,
        Set<ScalarKind> kinds,
        Parser<T> parser,
        Function<T, Object> writer,
        T example,
        Map<String, Object> schema)
        implements ValueType<T> {

    /** The longest path that Linux opens (PATH_MAX); nothing else here comes near. */
    private static final int MAX_LENGTH = 4096;

    /** Reads the text of a value. */
    interface Parser<T> {
        T parse(String text, Place place);
    }

    ScalarType {
        kinds = EnumSet.copyOf(kinds);
    }

    /** This type, telling in the reference what {@link #parser} refuses besides other kinds of text. */
    ScalarType<T> within(String bounds) {
        return new ScalarType<>(expected, bounds, kinds, parser, writer, example, schema);
    }

    /** This type under another description. */
    ScalarType<T> named(String words) {
        return new ScalarType<>(words, range, kinds, parser, writer, example, schema);
    }

    @Override
    public T read(Node node, Place place, @Nullable T fallback) {
        T standIn = fallback == null ? example : fallback;
        if (Nodes.refusesTag(node, place)) {
            return standIn;
        }
        if (!(node instanceof ScalarNode scalar)) {
            boolean unquotedIpv6 =
                    node instanceof SequenceNode && schema.toString().contains("[::]");
            place.error(
                    node,
                    "expected " + expected + ", found " + Nodes.describe(node)
                            + (unquotedIpv6 ? " (an IPv6 address needs quotes: \"[::]:443\")" : ""));
            return standIn;
        }
        if (scalar.getValue().length() > MAX_LENGTH) {
            place.error(node, "longer than " + MAX_LENGTH + " characters (expected: " + expected + ")");
            return standIn;
        }
        ScalarKind kind = ScalarKind.of(scalar);
        if (!kinds.contains(kind)) {
            boolean quotes =
                    kind != ScalarKind.NULL && kinds.contains(ScalarKind.TEXT) && accepts(scalar.getValue(), place);
            place.error(
                    node,
                    "expected " + expected + ", found " + kind.describe(scalar.getValue())
                            + (quotes ? " (write it in quotes)" : ""));
            return standIn;
        }
        try {
            return parser.parse(scalar.getValue(), place);
        } catch (IllegalArgumentException e) {
            place.error(node, String.valueOf(e.getMessage()));
            return standIn;
        }
    }

    @Override
    public T standIn(Place place) {
        return example;
    }

    @Override
    public Object tree(T value) {
        return writer.apply(value);
    }

    @Override
    public Map<String, Object> schema(Map<String, Object> definitions) {
        return new LinkedHashMap<>(schema);
    }

    private boolean accepts(String text, Place place) {
        try {
            parser.parse(text, place);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
