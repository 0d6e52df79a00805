package io.portward.core.http;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The Date field of answers that Portward makes itself (RFC 9110 §5.6.7, §6.6.1). */
public final class HttpDate {

    private static final DateTimeFormatter IMF_FIXDATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

    private HttpDate() {}

    /** {@code now} as {@code Sun, 06 Nov 1994 08:49:37 GMT}. */
    public static String format(Instant now) {
        return IMF_FIXDATE.format(now);
    }
}
