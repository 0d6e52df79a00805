package io.portward.server.accesslog;

import io.portward.core.observe.AccessRecord;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The format that Apache calls combined, for requests only: {@code client - - [time] "GET /path HTTP/1.1" 200 bytes "referer" "agent"}. Quotes,
 * backslashes, control characters and everything beyond ASCII are escaped, so that a field ends where its quotes do.
 *
 * <p>Threading: one thread.
 */
final class CombinedLines implements LineFormat {

    private static final HexFormat HEX = HexFormat.of();

    private final Timestamps times = Timestamps.common();
    private final boolean query;

    /** @param query whether queries are told */
    CombinedLines(boolean query) {
        this.query = query;
    }

    @Override
    public boolean append(StringBuilder out, AccessRecord line) {
        if (!(line instanceof AccessRecord.Request request)) {
            return false;
        }
        AccessRecord.RequestFacts facts = request.request();
        out.append(facts.client())
                .append(" - - [")
                .append(times.seconds(line.atMillis()))
                .append("] \"");
        AccessRecord.Target target = facts.target();
        if (target == null) {
            out.append('-');
        } else {
            escape(out, facts.method());
            out.append(' ');
            escape(out, target.path());
            if (query) {
                escape(out, target.query());
            }
            out.append(facts.protocol().equals("h2") ? " HTTP/2.0" : " HTTP/1.1");
        }
        out.append("\" ").append(request.status()).append(' ');
        out.append(request.outcome().bytesOut()).append(" \"");
        field(out, Referers.shown(facts.referer(), query));
        out.append("\" \"");
        field(out, facts.userAgent());
        out.append("\"\n");
        return true;
    }

    @Override
    public boolean appendLeftOut(StringBuilder out, long atMillis, String port, long count) {
        return false;
    }

    private static void field(StringBuilder out, @Nullable String value) {
        escape(out, value == null || value.isEmpty() ? "-" : value);
    }

    private static void escape(StringBuilder out, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c >= ' ' && c < 0x7f) {
                out.append(c);
            } else if (c < 0x100) {
                hex(out, (byte) c);
            } else {
                for (byte b : String.valueOf(c).getBytes(StandardCharsets.UTF_8)) {
                    hex(out, b);
                }
            }
        }
    }

    private static void hex(StringBuilder out, byte b) {
        out.append("\\x").append(HEX.toHexDigits(b));
    }
}
