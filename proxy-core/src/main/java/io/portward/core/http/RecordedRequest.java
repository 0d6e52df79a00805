package io.portward.core.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.NetUtil;
import io.portward.core.observe.AccessRecord;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * What the access log keeps of a request's head. Nothing else of it is kept: no cookies and no credentials.
 *
 * @param target null when it could not be read
 */
public record RecordedRequest(
        AccessRecord.@Nullable Target target,
        @Nullable String referer,
        @Nullable String userAgent,
        @Nullable String traceId) {

    /** Of a head that could not be read. */
    public static final RecordedRequest NONE = new RecordedRequest(null, null, null, null);

    /** {@code 00-} trace id {@code -} parent id {@code -} flags, and more behind a further dash in versions to come (W3C Trace Context §3.2). */
    private static final int VERSION_END = 2;

    private static final int TRACE_ID_END = 35;
    private static final int PARENT_ID_END = 52;
    private static final int FLAGS_END = 55;

    /** @param request as it came, before anything was changed */
    public static RecordedRequest of(HttpRequest request, @Nullable RequestTarget target) {
        HttpHeaders headers = request.headers();
        return new RecordedRequest(
                target == null ? null : target(target),
                cut(headers.get(HttpHeaderNames.REFERER)),
                cut(headers.get(HttpHeaderNames.USER_AGENT)),
                traceId(headers.get("traceparent")));
    }

    /**
     * With what is learnt elsewhere.
     *
     * @param id null when there is none
     */
    public AccessRecord.RequestFacts facts(
            @Nullable String id, InetAddress client, HttpMethod method, String protocol) {
        return new AccessRecord.RequestFacts(
                id,
                NetUtil.toAddressString(client),
                AccessRecord.cut(method.name()),
                target,
                protocol,
                referer,
                userAgent,
                traceId);
    }

    private static AccessRecord.Target target(RequestTarget target) {
        return new AccessRecord.Target(
                AccessRecord.cut(target.host()), AccessRecord.cut(target.path()), AccessRecord.cut(target.query()));
    }

    private static @Nullable String cut(@Nullable String text) {
        return text == null ? null : AccessRecord.cut(text);
    }

    static @Nullable String traceId(@Nullable String traceparent) {
        if (traceparent == null
                || traceparent.length() < FLAGS_END
                || !isHex(traceparent, 0, VERSION_END)
                || traceparent.startsWith("ff")
                || !isIdentifier(traceparent, VERSION_END, TRACE_ID_END)
                || !isIdentifier(traceparent, TRACE_ID_END, PARENT_ID_END)
                || traceparent.charAt(PARENT_ID_END) != '-'
                || !isHex(traceparent, PARENT_ID_END + 1, FLAGS_END)) {
            return null;
        }
        boolean ends = traceparent.length() == FLAGS_END;
        boolean goesOn = !traceparent.startsWith("00") && !ends && traceparent.charAt(FLAGS_END) == '-';
        return ends || goesOn ? traceparent.substring(VERSION_END + 1, TRACE_ID_END) : null;
    }

    /** A dash and an identifier that is not all zeros. */
    private static boolean isIdentifier(String text, int from, int to) {
        return text.charAt(from) == '-'
                && isHex(text, from + 1, to)
                && text.chars().skip(from + 1L).limit(to - from - 1L).anyMatch(c -> c != '0');
    }

    private static boolean isHex(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }
}
