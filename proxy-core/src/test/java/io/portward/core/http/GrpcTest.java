package io.portward.core.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.portward.core.error.ErrorKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrpcTest {

    @ParameterizedTest
    @CsvSource({
        "application/grpc, true",
        "application/grpc+proto, true",
        "Application/gRPC;x=y, true",
        "application/grpc-web, false",
        "application/grpc-web+proto, false",
        "application/json, false",
        "application/gr, false"
    })
    void recognisesRequestsByTheirContentType(String type, boolean grpc) {
        assertThat(Grpc.isRequest(new DefaultHttpHeaders().set("content-type", type)))
                .isEqualTo(grpc);
        assertThat(Grpc.isRequest(new DefaultHttpHeaders())).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "MALFORMED_REQUEST, -1, 13",
        "NO_ROUTE, -1, 12",
        "BODY_TOO_LARGE, -1, 8",
        "TOO_MANY_REQUESTS, -1, 14",
        "UPSTREAM_UNREACHABLE, -1, 14",
        "UPSTREAM_TIMEOUT, -1, 14",
        "MISDIRECTED, -1, 2",
        "UPSTREAM_UNREACHABLE, 7, 14",
        "UPSTREAM_UNREACHABLE, 8, 1",
        "UPSTREAM_UNREACHABLE, 11, 8",
        "UPSTREAM_UNREACHABLE, 12, 7",
        "UPSTREAM_UNREACHABLE, 2, 13",
        "UPSTREAM_UNREACHABLE, 0, 13"
    })
    void answersInTrailersOnly(ErrorKind kind, long resetCode, String status) {
        HttpHeaders headers =
                Grpc.errorReply(kind, resetCode, new AsciiString("id")).headers();
        assertThat(headers.get("grpc-status")).isEqualTo(status);
        assertThat(headers.get("grpc-message")).isEqualTo(kind.status() + " " + kind.reason() + ", request id id");
        assertThat(headers.get("content-type")).isEqualTo("application/grpc");
    }
}
