package io.portward.config.yaml;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The JSON Schema of the configuration file, for editors. It comes from the same description as the reader, so it lists the same
 * keys, types, defaults and documentation; rules across sections and upper or lower bounds of durations are the reader's alone.
 */
public final class ConfigSchema {

    private static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";

    private ConfigSchema() {}

    /** The schema as JSON text, ending in a line feed. */
    public static String json() {
        Map<String, Object> definitions = new LinkedHashMap<>();
        Map<String, Object> root = RootKeys.SECTION.objectSchema(definitions);
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", DIALECT);
        schema.put("title", "Portward configuration");
        schema.putAll(root);
        schema.put("$defs", definitions);
        return JsonWriter.write(schema);
    }
}
