package io.portward.core.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class HeaderWriterTest {

    private static String written(HttpHeaders headers, ByteBuf out) {
        try {
            out.writeBytes("GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
            HeaderWriter.write(headers, out);
            return out.toString(StandardCharsets.ISO_8859_1).substring("GET / HTTP/1.1\r\n".length());
        } finally {
            out.release();
        }
    }

    @Test
    void writesFieldsOfAllKindsInTheirOrder() {
        HttpHeaders headers = new DefaultHttpHeaders()
                .add("Host", "example.com")
                .add(AsciiString.cached("x-a"), new AsciiString("xxvalueyy").subSequence(2, 7))
                .add("x-a", "second")
                .add("x-empty", "")
                .add("x-high", "caf\u00e9 \u0100");
        String expected = "Host: example.com\r\nx-a: value\r\nx-a: second\r\nx-empty: \r\nx-high: caf\u00e9 ?\r\n";
        assertThat(written(headers, ByteBufAllocator.DEFAULT.directBuffer(16))).isEqualTo(expected);
        assertThat(written(headers, UnpooledByteBufAllocator.DEFAULT.heapBuffer(1)))
                .isEqualTo(expected);
        assertThat(written(headers, UnpooledByteBufAllocator.DEFAULT.directBuffer(4096)))
                .isEqualTo(expected);
    }

    @Test
    void writesNothingForNoFields() {
        assertThat(written(EmptyHttpHeaders.INSTANCE, ByteBufAllocator.DEFAULT.directBuffer(16)))
                .isEmpty();
    }
}
