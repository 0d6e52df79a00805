package io.portward.core.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.portward.core.tls.ClientHelloReader.State;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientHelloReaderTest {

    private static final HelloBytes HELLO =
            new HelloBytes().sni("Shop.Example.COM.").alpn("h2", "http/1.1").padding(300);

    /** Feeds the pieces, releases everything, and tells the last state. */
    private static State read(List<byte[]> pieces) {
        ClientHelloReader reader = new ClientHelloReader();
        State state = State.INCOMPLETE;
        for (byte[] piece : pieces) {
            assertThat(state).isEqualTo(State.INCOMPLETE);
            state = reader.add(ByteBufAllocator.DEFAULT, buffer(piece));
        }
        reader.release();
        return state;
    }

    private static ByteBuf buffer(byte[] bytes) {
        return ByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
    }

    private static void assertReads(List<byte[]> pieces, byte[] all) {
        ClientHelloReader reader = new ClientHelloReader();
        State state = State.INCOMPLETE;
        for (byte[] piece : pieces) {
            assertThat(state).isEqualTo(State.INCOMPLETE);
            state = reader.add(ByteBufAllocator.DEFAULT, buffer(piece));
        }
        assertThat(state).isEqualTo(State.COMPLETE);
        assertThat(reader.hello().serverName()).isEqualTo("shop.example.com");
        assertThat(reader.hello().alpn()).containsExactly("h2", "http/1.1");
        assertThat(reader.hello().groups()).containsExactly(0x001d, 0x0017);
        assertThat(reader.hello().signatures()).containsExactly(0x0403, 0x0804, 0x0401);
        ByteBuf taken = reader.takeBytes();
        byte[] bytes = new byte[taken.readableBytes()];
        taken.readBytes(bytes);
        taken.release();
        assertThat(bytes).isEqualTo(all);
    }

    @Test
    void readsAHelloInOnePiece() {
        assertReads(List.of(HELLO.record()), HELLO.record());
    }

    @Test
    void readsAHelloCutAtEveryByte() {
        byte[] record = HELLO.record();
        for (int cut = 1; cut < record.length; cut++) {
            byte[] first = java.util.Arrays.copyOf(record, cut);
            byte[] second = java.util.Arrays.copyOfRange(record, cut, record.length);
            assertReads(List.of(first, second), record);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 100, 4096})
    void readsAHelloSplitOverRecordsInOnePieceAndInOneBytePieces(int size) {
        byte[] records = HelloBytes.records(HELLO.message(), size);
        assertReads(List.of(records), records);
        assertReads(HelloBytes.singly(records), records);
    }

    @Test
    void readsTheLargestHelloInTheWorstSplit() {
        byte[] message = new HelloBytes()
                .sni("shop.example.com")
                .alpn("h2", "http/1.1")
                .padding(15_900)
                .message();
        byte[] records = HelloBytes.records(message, 1);
        assertReads(List.of(records), records);
    }

    @Test
    void whatFollowsTheHelloIsKept() {
        byte[] record = HELLO.record();
        byte[] more = java.util.Arrays.copyOf(record, record.length + 1000);
        assertReads(List.of(more), more);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, INCOMPLETE",
        "'GET ', PLAIN_HTTP",
        "G, INCOMPLETE",
        "BREW, INCOMPLETE",
        "'BREW ', INCOMPLETE",
        "'BREW /', PLAIN_HTTP",
        "'BREW *', PLAIN_HTTP",
        "'EHLO a', NOT_TLS",
        "'PRI * HTTP/2.0', PLAIN_HTTP",
        "ABCDEFGHIJKLMNOPQRST, INCOMPLETE",
        "ABCDEFGHIJKLMNOPQRSTU, NOT_TLS",
        "A1, NOT_TLS",
        "get, NOT_TLS",
        "'USER bob', NOT_TLS",
        "QUIT_, NOT_TLS"
    })
    void tellsHttpFromOtherText(String text, State state) {
        assertThat(read(List.of(text.getBytes(StandardCharsets.US_ASCII)))).isEqualTo(state);
    }

    @Test
    void everyTruncatedHelloIsIncompleteOrMalformedAndNothingIsThrown() {
        byte[] message = HELLO.message();
        for (int length = 1; length < message.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(message, length);
            assertThat(read(List.of(HelloBytes.records(cut, 16_384)))).isEqualTo(State.INCOMPLETE);
            if (length >= 4) {
                int body = length - 4;
                cut[1] = 0;
                cut[2] = (byte) (body >> 8);
                cut[3] = (byte) body;
                assertThat(read(List.of(HelloBytes.records(cut, 16_384))))
                        .isIn(State.MALFORMED, State.COMPLETE, State.INCOMPLETE);
            }
        }
    }

    @Test
    void nothingIsThrownWhateverTheBytes() {
        Random random = new Random(20);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = HELLO.record();
            for (int n = random.nextInt(6); n >= 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            read(List.of(bytes));
        }
    }

    @Test
    void holdsABoundedNumberOfBytes() {
        ClientHelloReader reader = new ClientHelloReader();
        byte[] header = HelloBytes.records(new byte[] {1, 0, 0x40, 0}, 1);
        State state = reader.add(ByteBufAllocator.DEFAULT, buffer(header));
        int sent = header.length;
        while (state == State.INCOMPLETE && sent < 1_000_000) {
            state = reader.add(ByteBufAllocator.DEFAULT, buffer(new byte[] {22, 3, 1, 0, 1, 0}));
            sent += 6;
        }
        reader.release();
        assertThat(state).isNotEqualTo(State.INCOMPLETE);
        assertThat(sent).isLessThan(100_000);
    }
}
