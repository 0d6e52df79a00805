package io.portward.server.accesslog;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Writes times in UTC; all but the milliseconds is made once a second. Threading: one thread. */
final class Timestamps {

    private static final long MILLIS = 1000;

    private final DateTimeFormatter format;
    private long second = Long.MIN_VALUE;
    private String text = "";

    private Timestamps(String pattern) {
        this.format = DateTimeFormatter.ofPattern(pattern, Locale.ROOT).withZone(ZoneOffset.UTC);
    }

    /** RFC 3339, without fraction and zone. */
    static Timestamps rfc3339() {
        return new Timestamps("uuuu-MM-dd'T'HH:mm:ss");
    }

    /** As in Apache's logs: {@code 31/Jan/2026:09:30:00 +0000}. */
    static Timestamps common() {
        return new Timestamps("dd/MMM/uuuu:HH:mm:ss '+0000'");
    }

    String seconds(long atMillis) {
        long now = Math.floorDiv(atMillis, MILLIS);
        if (now != second) {
            second = now;
            text = format.format(Instant.ofEpochSecond(now));
        }
        return text;
    }
}
