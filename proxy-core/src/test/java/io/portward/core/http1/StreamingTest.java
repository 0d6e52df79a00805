package io.portward.core.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.PooledByteBufAllocator;
import io.portward.testkit.DataPlaneExtension;
import io.portward.testkit.RawClient;
import io.portward.testkit.ScriptedUpstream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies of any size pass through unchanged, at the pace of the slower side, and take no more memory than a few reads. */
class StreamingTest {

    @RegisterExtension
    static final DataPlaneExtension PROXIES = new DataPlaneExtension();

    private static final long MIB = 1024 * 1024;

    /** What the allocator keeps in its chunks for one connection either side, far below any body here. */
    private static final long MEMORY = 24 * MIB;

    /** Where a slow side rests, so that everything before it is full. */
    private static final long PAUSE_EVERY = 16 * MIB;

    private static final int BLOCK = 256 * 1024;

    /** Bytes of which every position shows. */
    private static byte[] block(int number) {
        byte[] block = new byte[BLOCK];
        for (int i = 0; i < BLOCK; i += 64) {
            block[i] = (byte) (number + i / 64);
        }
        return block;
    }

    private static long write(RawClient to, long size, boolean chunked) throws IOException {
        CRC32 sum = new CRC32();
        int number = 0;
        for (long sent = 0; sent < size; sent += BLOCK) {
            byte[] block = block(number++ & 0xff);
            sum.update(block);
            if (chunked) {
                to.send(Integer.toHexString(BLOCK) + "\r\n");
            }
            to.send(block);
            if (chunked) {
                to.send("\r\n");
            }
        }
        if (chunked) {
            to.send("0\r\n\r\n");
        }
        return sum.getValue();
    }

    private static long read(InputStream in, long size, AtomicLong highest) throws IOException {
        CRC32 sum = new CRC32();
        byte[] buffer = new byte[BLOCK];
        long nextLook = PAUSE_EVERY;
        long got = 0;
        while (got < size) {
            int n = in.read(buffer, 0, (int) Math.min(buffer.length, size - got));
            assertThat(n).as("after %d of %d bytes", got, size).isPositive();
            sum.update(buffer, 0, n);
            got += n;
            if (got >= nextLook) {
                nextLook += PAUSE_EVERY;
                highest.accumulateAndGet(settled(), Math::max);
            }
        }
        return sum.getValue();
    }

    /** The memory in use once the sender has filled everything on the way and can only wait. */
    private static long settled() {
        AtomicLong last = new AtomicLong(-1);
        await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2)).until(() -> {
            long now = used();
            return last.getAndSet(now) == now;
        });
        return last.get();
    }

    private static long used() {
        return PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory()
                + PooledByteBufAllocator.DEFAULT.metric().usedHeapMemory();
    }

    private void download(long size, boolean chunked) throws Exception {
        CompletableFuture<Long> sent = new CompletableFuture<>();
        String framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + size;
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    connection.send("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n");
                    sent.complete(write(connection, size, chunked));
                    connection.readAll();
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            AtomicLong highest = new AtomicLong();
            long before = used();
            client.send("GET / HTTP/1.1\r\nHost: web.test\r\n\r\n").readUntil("\r\n\r\n");
            long received = read(chunked ? new ChunkedBody(client) : client.in(), size, highest);
            assertThat(received).isEqualTo(sent.get(5, TimeUnit.SECONDS));
            assertThat(highest.get() - before).isLessThan(MEMORY);
        }
    }

    private void upload(long size, boolean chunked) throws Exception {
        CompletableFuture<Long> received = new CompletableFuture<>();
        AtomicLong highest = new AtomicLong();
        try (ScriptedUpstream origin = ScriptedUpstream.start(connection -> {
                    connection.readUntil("\r\n\r\n");
                    received.complete(read(chunked ? new ChunkedBody(connection) : connection.in(), size, highest));
                    connection.send(CannedOrigin.OK);
                    connection.readAll();
                });
                RawClient client = HttpsPort.start(PROXIES, origin.address()).connect()) {
            long before = used();
            String framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + size;
            client.send("POST / HTTP/1.1\r\nHost: web.test\r\n" + framing + "\r\n\r\n");
            long sent = write(client, size, chunked);
            assertThat(received.get(20, TimeUnit.SECONDS)).isEqualTo(sent);
            assertThat(highest.get() - before).isLessThan(MEMORY);
            assertThat(Reply.read(client).body()).isEqualTo("ok");
        }
    }

    /** The body of a chunked message on a connection, read as it comes. */
    private static final class ChunkedBody extends InputStream {

        private final RawClient connection;
        private int left;

        ChunkedBody(RawClient connection) {
            this.connection = connection;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("read blocks");
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (left == 0) {
                left = Integer.parseInt(connection.readUntil("\r\n").trim(), 16);
            }
            int n = connection.in().read(buffer, offset, Math.min(left, length));
            left -= n;
            if (left == 0) {
                connection.readUntil("\r\n");
            }
            return n;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void streamsADownloadForASlowReader(boolean chunked) throws Exception {
        download(256 * MIB, chunked);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void streamsAnUploadToASlowReader(boolean chunked) throws Exception {
        upload(256 * MIB, chunked);
    }

    /** Beyond what fits an int. */
    @Test
    void streamsADownloadOfMoreThanTwoGibibytes() throws Exception {
        download(2048 * MIB + BLOCK, false);
    }

    @Test
    void streamsAnUploadOfMoreThanTwoGibibytes() throws Exception {
        upload(2048 * MIB + BLOCK, false);
    }

    @Tag("long")
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void streamsSixteenGibibytesEachWay(boolean chunked) throws Exception {
        download(16 * 1024 * MIB, chunked);
        upload(16 * 1024 * MIB, chunked);
    }
}
