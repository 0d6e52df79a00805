package io.portward.config.yaml;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;

/**
 * How one kind of value is read from YAML, written to YAML and described in JSON Schema.
 *
 * <p>Reading never fails: a wrong value is reported to the place and replaced by a stand-in, so that one run finds every error.
 */
interface ValueType<T> {

    /**
     * Reads a value.
     *
     * @param fallback what a wrong value is replaced by, and for sections what missing keys are taken from; null: {@link #standIn}
     */
    T read(Node node, Place place, @Nullable T fallback);

    /** A harmless value for a key that is missing or wrong. */
    T standIn(Place place);

    /** Maps, lists, texts, numbers and booleans that {@link #read} would read back to {@code value}. */
    Object tree(T value);

    /**
     * The JSON Schema of the value.
     *
     * @param definitions receives the schemas of sections under their names
     */
    Map<String, Object> schema(Map<String, Object> definitions);
}
