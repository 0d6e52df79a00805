package io.portward.server.accesslog;

import io.netty.util.NetUtil;
import io.portward.core.observe.AccessRecord;
import io.portward.core.observe.ConnectionFacts;
import io.portward.core.observe.TlsInfo;
import io.portward.server.logging.JsonText;
import java.net.InetSocketAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One JSON object a line, without nesting. What is not known is left out rather than null. Durations are milliseconds with three decimals.
 *
 * <p>Threading: one thread.
 */
final class JsonLines implements LineFormat {

    private static final long NANOS_PER_MICRO = 1000;
    private static final int MICROS_PER_MILLI = 1000;

    private final Timestamps times = Timestamps.rfc3339();
    private final boolean query;

    /** @param query whether queries are told */
    JsonLines(boolean query) {
        this.query = query;
    }

    @Override
    public boolean append(StringBuilder out, AccessRecord line) {
        begin(out, line.atMillis());
        if (line instanceof AccessRecord.Request request) {
            request(out, request);
        } else if (line instanceof AccessRecord.Connection connection) {
            text(out, "type", "connection");
            connection(
                    out,
                    connection.connection(),
                    address(connection.connection().info().client()));
            outcome(out, connection.outcome());
            phases(out, connection.phases());
        } else if (line instanceof AccessRecord.Handshake failed) {
            text(out, "type", "handshakeFailure");
            connection(
                    out, failed.connection(), address(failed.connection().info().client()));
            text(out, "reason", failed.reason().label());
            text(out, "detail", AccessRecord.cut(failed.detail()));
            millis(out, "totalMs", failed.nanos());
        }
        out.append("}\n");
        return true;
    }

    @Override
    public boolean appendLeftOut(StringBuilder out, long atMillis, String port, long count) {
        begin(out, atMillis);
        text(out, "type", "handshakeFailuresLeftOut");
        text(out, "listener", port);
        number(out, "count", count);
        out.append("}\n");
        return true;
    }

    private void begin(StringBuilder out, long atMillis) {
        out.append("{\"time\":\"").append(times.seconds(atMillis)).append('.');
        threeDigits(out, (int) Math.floorMod(atMillis, 1000L));
        out.append("Z\"");
    }

    private void request(StringBuilder out, AccessRecord.Request line) {
        AccessRecord.RequestFacts request = line.request();
        text(out, "type", "request");
        textIfAny(out, "requestId", request.id());
        textIfAny(out, "traceId", request.traceId());
        connection(out, line.connection(), request.client());
        number(out, "requestNumber", line.number());
        text(out, "protocol", request.protocol());
        text(out, "method", request.method());
        AccessRecord.Target target = request.target();
        if (target != null) {
            textIfAny(out, "host", target.host().isEmpty() ? null : target.host());
            text(out, "path", target.path());
            textIfAny(out, "query", query && !target.query().isEmpty() ? target.query() : null);
        }
        number(out, "status", line.status());
        outcome(out, line.outcome());
        phases(out, line.phases());
        textIfAny(out, "referer", Referers.shown(request.referer(), query));
        textIfAny(out, "userAgent", request.userAgent());
    }

    private static void connection(StringBuilder out, ConnectionFacts facts, String client) {
        text(out, "connectionId", facts.id());
        text(out, "client", client);
        InetSocketAddress sender = facts.info().client();
        if (client.equals(address(sender))) {
            number(out, "clientPort", sender.getPort());
        }
        String peer = address(facts.peer());
        textIfAny(out, "peer", peer.equals(client) ? null : peer);
        text(out, "listener", facts.info().port().listen().text());
        text(out, "listenerProtocol", facts.info().port().protocol().name().toLowerCase(Locale.ROOT));
        textIfAny(out, "sni", facts.serverName());
        textIfAny(out, "ja4", facts.ja4());
        TlsInfo tls = facts.tls();
        if (tls != null) {
            text(out, "tlsVersion", tls.version());
            text(out, "tlsCipher", tls.cipher());
            text(out, "tlsGroup", tls.group());
            text(out, "tlsAlpn", tls.alpn());
            out.append(",\"tlsResumed\":").append(tls.resumed());
        }
    }

    private static void outcome(StringBuilder out, AccessRecord.Outcome outcome) {
        number(out, "bytesIn", outcome.bytesIn());
        number(out, "bytesOut", outcome.bytesOut());
        textIfAny(out, "backend", outcome.backend());
        textIfAny(out, "server", outcome.server());
        number(out, "retries", outcome.retries());
        text(out, "ended", outcome.ended());
    }

    private static void phases(StringBuilder out, AccessRecord.Phases phases) {
        millis(out, "handshakeMs", phases.handshake());
        millis(out, "waitMs", phases.queued());
        millis(out, "connectMs", phases.connect());
        millis(out, "firstByteMs", phases.firstByte());
        millis(out, "totalMs", phases.total());
    }

    static String address(InetSocketAddress address) {
        return NetUtil.toAddressString(address.getAddress());
    }

    private static void textIfAny(StringBuilder out, String name, @Nullable String value) {
        if (value != null) {
            text(out, name, value);
        }
    }

    private static void text(StringBuilder out, String name, String value) {
        name(out, name);
        JsonText.append(out, WireText.decoded(value));
    }

    private static void number(StringBuilder out, String name, long value) {
        name(out, name).append(value);
    }

    private static void millis(StringBuilder out, String name, long nanos) {
        if (nanos != AccessRecord.NO_TIME) {
            long micros = Math.max(0, nanos) / NANOS_PER_MICRO;
            name(out, name).append(micros / MICROS_PER_MILLI).append('.');
            threeDigits(out, (int) (micros % MICROS_PER_MILLI));
        }
    }

    /** @param name plain letters */
    private static StringBuilder name(StringBuilder out, String name) {
        return out.append(",\"").append(name).append("\":");
    }

    private static void threeDigits(StringBuilder out, int value) {
        out.append((char) ('0' + value / 100))
                .append((char) ('0' + value / 10 % 10))
                .append((char) ('0' + value % 10));
    }
}
