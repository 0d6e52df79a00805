package io.portward.config.yaml;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text form of durations: a whole number and a unit. */
final class Durations {

    static final String PATTERN = "^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$";
    static final String EXPECTED = "a duration such as 250ms, 10s, 5m, 1h or 90d";

    private static final Pattern TEXT = Pattern.compile(PATTERN);
    private static final Map<String, Duration> UNITS = units();

    private Durations() {}

    /** @throws IllegalArgumentException with a message for the operator */
    static Duration parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a duration (expected: " + EXPECTED + ")");
        }
        Duration unit = UNITS.getOrDefault(matcher.group(2), Duration.ZERO);
        return unit.multipliedBy(Long.parseLong(matcher.group(1)));
    }

    /** The shortest exact form; {@code duration} is a whole number of milliseconds. */
    static String format(Duration duration) {
        String text = duration.toMillis() + "ms";
        for (Map.Entry<String, Duration> unit : UNITS.entrySet()) {
            long millis = unit.getValue().toMillis();
            if (duration.toMillis() % millis == 0
                    && (duration.toMillis() >= millis || unit.getKey().equals("s"))) {
                text = duration.toMillis() / millis + unit.getKey();
            }
        }
        return text;
    }

    private static Map<String, Duration> units() {
        Map<String, Duration> units = new LinkedHashMap<>();
        units.put("ms", Duration.ofMillis(1));
        units.put("s", Duration.ofSeconds(1));
        units.put("m", Duration.ofMinutes(1));
        units.put("h", Duration.ofHours(1));
        units.put("d", Duration.ofDays(1));
        return units;
    }
}
