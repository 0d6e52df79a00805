package io.portward.config.yaml;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * The reference of the configuration file for the operator's guide, in Markdown. It comes from the same description as the reader and
 * the schema: a heading for every section, under it a table of its keys.
 */
public final class ConfigReference {

    /** A section that is still to be written, and where it stands in the file. */
    private record Part(String path, Section<?> section) {}

    private final Deque<Part> pending = new ArrayDeque<>();
    private final StringBuilder out = new StringBuilder();

    private ConfigReference() {}

    /** The text, ending in a line feed. */
    public static String markdown() {
        ConfigReference reference = new ConfigReference();
        reference.pending.add(new Part("", RootKeys.SECTION));
        while (!reference.pending.isEmpty()) {
            reference.section(reference.pending.removeFirst());
        }
        return reference.out.toString();
    }

    private void section(Part part) {
        // What a section nests stands right behind it, in the order of its keys.
        Deque<Part> later = new ArrayDeque<>(pending);
        pending.clear();
        out.append(out.isEmpty() ? "" : "\n")
                .append("### ")
                .append(title(part.path()))
                .append("\n\n");
        out.append(part.section().doc()).append("\n\n| key | value | default | meaning |\n|---|---|---|---|\n");
        for (Key<?, ?> key : part.section().keys()) {
            String path = part.path().isEmpty() ? key.name() : part.path() + "." + key.name();
            String value = key.inherits() ? link(key.name(), "the same keys") : value(key.type(), path);
            row("`" + key.name() + "`", value, standard(key), key.doc() + only(key));
        }
        pending.addAll(later);
    }

    private void row(String... cells) {
        for (String cell : cells) {
            out.append("| ").append(cell.replace("|", "\\|")).append(' ');
        }
        out.append("|\n");
    }

    private String value(ValueType<?> type, String path) {
        if (type instanceof ListType<?> list) {
            return "list: " + value(list.element(), path + "[]");
        }
        if (type instanceof MapType<?> map) {
            return map.words() + value(map.element(), path + ".NAME");
        }
        if (type instanceof ServerType) {
            return Scalars.SERVER_ADDRESS.expected() + ", or " + value(ServerType.LONG_FORM, path);
        }
        if (type instanceof BalanceType) {
            return BalanceType.METHOD.expected() + ", or " + value(BalanceType.LONG_FORM, path);
        }
        if (type instanceof Section<?> section) {
            pending.add(new Part(path, section));
            return link(path, "keys");
        }
        if (type instanceof ScalarType<?> scalar) {
            return scalar.range().isEmpty() ? scalar.expected() : scalar.range();
        }
        throw new IllegalStateException("a value without words for the reference: " + type);
    }

    private static <S, T> String standard(Key<S, T> key) {
        T value = key.defaultValue();
        if (key.required() || (!key.requiredFor().isEmpty() && key.requiredFor().equals(key.onlyFor()))) {
            return "**required**";
        }
        if (!key.requiredFor().isEmpty()) {
            return "**required** for "
                    + String.join(", ", key.requiredFor().stream().sorted().toList());
        }
        if (key.inherits()) {
            return "those of the file";
        }
        if (value == null) {
            return "absent";
        }
        if (key.type() instanceof Section<?>) {
            return "as below";
        }
        return List.of().equals(value) || Map.of().equals(value)
                ? "none"
                : "`" + key.type().tree(value) + "`";
    }

    /** Which variants of the section know the key. */
    private static String only(Key<?, ?> key) {
        return key.onlyFor().isEmpty() ? "" : " Only for " + String.join(", ", new TreeSet<>(key.onlyFor())) + ".";
    }

    private static String title(String path) {
        return path.isEmpty() ? "Top level" : "`" + path + "`";
    }

    /** GitHub makes a heading's anchor from its letters and digits. */
    private static String link(String path, String words) {
        return "[" + words + "](#" + path.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]", "") + ")";
    }
}
