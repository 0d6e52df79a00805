package io.portward.core.route;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.portward.config.model.HeaderChanges;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The changes that a route makes to a header section. Threading: immutable; any thread. */
public final class HeaderEdits {

    private record Field(AsciiString name, AsciiString value) {}

    private final List<AsciiString> remove;
    private final List<Field> set;
    private final List<Field> add;

    private HeaderEdits(HeaderChanges changes) {
        this.remove = changes.remove().stream().map(AsciiString::of).toList();
        this.set = fields(changes.set());
        this.add = fields(changes.add());
    }

    /** Null when there are none. */
    static @Nullable HeaderEdits of(HeaderChanges changes) {
        return changes.isEmpty() ? null : new HeaderEdits(changes);
    }

    private static List<Field> fields(Map<String, String> values) {
        return values.entrySet().stream()
                .map(entry -> new Field(AsciiString.of(entry.getKey()), AsciiString.of(entry.getValue())))
                .toList();
    }

    public void apply(HttpHeaders headers) {
        for (AsciiString name : remove) {
            headers.remove(name);
        }
        for (Field field : set) {
            headers.set(field.name(), field.value());
        }
        for (Field field : add) {
            headers.add(field.name(), field.value());
        }
    }
}
