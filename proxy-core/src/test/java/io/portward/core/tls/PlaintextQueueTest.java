package io.portward.core.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PlaintextQueueTest {

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final PlaintextQueue queue = new PlaintextQueue(channel);

    @Test
    void joinsSmallNeighbours() {
        queue.add(ascii("head "), channel.newPromise());
        queue.add(ascii("body"), channel.newPromise());
        assertTaken("head body");
    }

    @Test
    void takesAReadOnlyBufferThatOnlyAnEmptyOneFollows() {
        queue.add(Unpooled.unreleasableBuffer(ascii("0\r\n\r\n")).asReadOnly(), channel.voidPromise());
        queue.add(Unpooled.EMPTY_BUFFER, channel.newPromise());
        assertTaken("0\r\n\r\n");
    }

    @Test
    void handsALargeBufferOutInSlices() {
        queue.add(ascii("x".repeat(TlsSession.MAX_PLAINTEXT + 1)), channel.newPromise());
        assertTaken("x".repeat(TlsSession.MAX_PLAINTEXT));
        assertTaken("x");
        assertThat(queue.isEmpty()).isTrue();
    }

    private void assertTaken(String expected) {
        ByteBuf taken = queue.remove(channel.alloc(), TlsSession.MAX_PLAINTEXT, channel.newPromise());
        assertThat(taken.toString(StandardCharsets.US_ASCII)).isEqualTo(expected);
        taken.release();
    }

    private static ByteBuf ascii(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }
}
