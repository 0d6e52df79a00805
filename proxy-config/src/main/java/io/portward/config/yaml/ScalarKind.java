package io.portward.config.yaml;

import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * What a scalar is by the core schema of YAML 1.2 (§10.3.2), which editors use too. SnakeYAML's own resolution is that of YAML 1.1,
 * where {@code no} is a boolean and {@code 1:30} the number 90.
 */
enum ScalarKind {
    TEXT("the text"),
    INTEGER("the number"),
    DECIMAL("the number"),
    BOOLEAN("the boolean"),
    NULL("nothing");

    private static final Pattern INTEGERS = Pattern.compile("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+");
    private static final Pattern DECIMALS = Pattern.compile(
            "[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");
    private static final Pattern BOOLEANS = Pattern.compile("true|True|TRUE|false|False|FALSE");
    private static final Pattern NULLS = Pattern.compile("|~|null|Null|NULL");

    // Possessive matching is not needed: a text longer than this is no number that anything here would accept.
    private static final int LONGEST_NUMBER = 64;

    private final String label;

    ScalarKind(String label) {
        this.label = label;
    }

    static ScalarKind of(ScalarNode node) {
        return node.getScalarStyle() == ScalarStyle.PLAIN ? ofPlain(node.getValue()) : TEXT;
    }

    /** The kind of {@code text} written without quotes. */
    static ScalarKind ofPlain(String text) {
        if (text.length() > LONGEST_NUMBER) {
            return TEXT;
        }
        if (NULLS.matcher(text).matches()) {
            return NULL;
        }
        if (BOOLEANS.matcher(text).matches()) {
            return BOOLEAN;
        }
        if (INTEGERS.matcher(text).matches()) {
            return INTEGER;
        }
        return DECIMALS.matcher(text).matches() ? DECIMAL : TEXT;
    }

    /** For messages: {@code the number 5}. */
    String describe(String text) {
        return switch (this) {
            case NULL -> label;
            case TEXT -> label + " '" + text + "'";
            default -> label + " " + text;
        };
    }
}
