package io.portward.config.yaml;

import io.portward.config.model.Configuration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Writes the effective configuration: every default filled in, what ports and backends inherit spelled out, paths absolute.
 *
 * <p>Reading the text again gives an equal {@link Configuration}. There is nothing secret in it: keys and passwords stay in their
 * files, and only the paths are written.
 */
public final class ConfigYamlWriter {

    // Safe without quotes in every YAML version: begins with a letter, slash or digit and holds no indicator character.
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/][A-Za-z0-9/._-]*(:[0-9]+)?");

    // What YAML 1.1 readers take for booleans or nothing, and 1:30, which they take for 90.
    private static final Pattern MISREAD =
            Pattern.compile("(?i)y|n|yes|no|on|off|true|false|null|[0-9]+(:[0-9]+)+|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}");

    private final StringBuilder out = new StringBuilder();

    private ConfigYamlWriter() {}

    /** The text, ending in a line feed. */
    public static String write(Configuration configuration) {
        ConfigYamlWriter writer = new ConfigYamlWriter();
        writer.mapping((Map<?, ?>) RootKeys.SECTION.tree(configuration), "", "");
        return writer.out.toString();
    }

    private void mapping(Map<?, ?> map, String firstIndent, String indent) {
        String before = firstIndent;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(before).append(scalar(entry.getKey())).append(':');
            value(entry.getValue(), indent);
            before = indent;
        }
    }

    /** Writes what follows a colon. */
    private void value(Object value, String indent) {
        if (value instanceof Map<?, ?> map && !map.isEmpty()) {
            out.append('\n');
            mapping(map, indent + "  ", indent + "  ");
        } else if (value instanceof List<?> list && !list.isEmpty()) {
            out.append('\n');
            list.forEach(item -> item(item, indent + "  "));
        } else {
            out.append(' ').append(scalar(value)).append('\n');
        }
    }

    private void item(Object item, String indent) {
        out.append(indent).append("- ");
        if (item instanceof Map<?, ?> map && !map.isEmpty()) {
            mapping(map, "", indent + "  ");
        } else {
            out.append(scalar(item)).append('\n');
        }
    }

    private static String scalar(Object value) {
        if (value instanceof Map<?, ?>) {
            return "{}";
        }
        if (value instanceof List<?>) {
            return "[]";
        }
        String text = value.toString();
        return value instanceof String && needsQuotes(text) ? JsonWriter.quote(text) : text;
    }

    private static boolean needsQuotes(String text) {
        return !PLAIN.matcher(text).matches()
                || ScalarKind.ofPlain(text) != ScalarKind.TEXT
                || MISREAD.matcher(text).matches();
    }
}
