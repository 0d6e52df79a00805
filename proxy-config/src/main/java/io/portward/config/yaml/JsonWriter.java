package io.portward.config.yaml;

import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes maps, lists, texts, numbers and booleans as JSON (RFC 8259), indented by two spaces. */
final class JsonWriter {

    private final StringBuilder out = new StringBuilder();

    private JsonWriter() {}

    /** The text, ending in a line feed. */
    static String write(Object tree) {
        JsonWriter writer = new JsonWriter();
        writer.value(tree, "\n");
        return writer.out.append('\n').toString();
    }

    /** A JSON string with its quotes; also a double-quoted YAML scalar (YAML 1.2 §1.3: JSON is a subset). */
    static String quote(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> {
                    // ASCII only, so that the output survives every terminal and locale.
                    if (c < 0x20 || c > 0x7e) {
                        quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }

    private void value(Object value, String newLine) {
        if (value instanceof Map<?, ?> map) {
            block(map.entrySet().iterator(), '{', '}', newLine);
        } else if (value instanceof List<?> list) {
            block(list.iterator(), '[', ']', newLine);
        } else if (value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else {
            out.append(quote(value.toString()));
        }
    }

    private void block(Iterator<?> items, char open, char close, String newLine) {
        out.append(open);
        if (items.hasNext()) {
            String inner = newLine + "  ";
            while (items.hasNext()) {
                out.append(inner);
                Object item = items.next();
                if (item instanceof Map.Entry<?, ?> entry) {
                    out.append(quote(String.valueOf(entry.getKey()))).append(": ");
                    value(entry.getValue(), inner);
                } else {
                    value(item, inner);
                }
                if (items.hasNext()) {
                    out.append(',');
                }
            }
            out.append(newLine);
        }
        out.append(close);
    }
}
