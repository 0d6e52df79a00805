package io.portward.config.yaml;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text form of sizes: a whole number and a binary unit (IEC 80000-13). */
final class Sizes {

    static final String PATTERN = "^(0|[1-9][0-9]{0,8})(B|KiB|MiB|GiB)$";
    static final String EXPECTED = "a size such as 512B, 16KiB or 1MiB";

    private static final Pattern TEXT = Pattern.compile(PATTERN);
    private static final Pattern NEAR_MISS = Pattern.compile("([0-9]{1,9}) ?([KkMmGg])(i?[Bb])?");
    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;
    private static final long GIB = 1024 * MIB;

    private Sizes() {}

    /** @throws IllegalArgumentException with a message for the operator */
    static long parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            Matcher near = NEAR_MISS.matcher(text);
            String hint = near.matches()
                    ? " (did you mean '" + near.group(1) + near.group(2).toUpperCase(Locale.ROOT) + "iB'?)"
                    : " (expected: " + EXPECTED + ")";
            throw new IllegalArgumentException("'" + text + "' is not a size" + hint);
        }
        long unit = switch (matcher.group(2)) {
            case "GiB" -> GIB;
            case "MiB" -> MIB;
            case "KiB" -> KIB;
            default -> 1;
        };
        return unit * Long.parseLong(matcher.group(1));
    }

    /** The shortest exact form. */
    static String format(long bytes) {
        if (bytes > 0 && bytes % GIB == 0) {
            return bytes / GIB + "GiB";
        }
        if (bytes > 0 && bytes % MIB == 0) {
            return bytes / MIB + "MiB";
        }
        return bytes > 0 && bytes % KIB == 0 ? bytes / KIB + "KiB" : bytes + "B";
    }
}
