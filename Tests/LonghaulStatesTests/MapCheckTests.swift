import LonghaulStates
import Testing

/// Checks of distributed maps, and of what Express machines cannot have.
@Suite struct MapCheckTests {
    /// The errors of a machine with a distributed map.
    private func errors(ofMapWith fields: String, isExpress: Bool = false) -> [String] {
        let processor =
            #""ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "#
            + #""StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}"#
        let state = #"{"Type": "Map", \#(fields)\#(processor), "End": true}"#
        return DefinitionChecks(isExpress: isExpress)
            .check(#"{"StartAt": "S", "States": {"S": \#(state)}}"#).map(\.description)
    }

    @Test func readersAndWritersHaveResourcesThatAServerKnows() {
        for resource in ["s3:getObject", "s3:listObjectsV2", "longhaul:getArtifact"] {
            #expect(
                errors(ofMapWith: #""ItemReader": {"Resource": "arn:aws:states:::\#(resource)"}, "#) == [])
        }
        #expect(errors(ofMapWith: #""ResultWriter": {"Resource": "arn:aws:states:::s3:putObject"}, "#) == [])
        for (field, resource) in [("ItemReader", "dynamodb:scan"), ("ResultWriter", "s3:getObject")] {
            let arn = "arn:aws:states:::\(resource)"
            #expect(
                errors(ofMapWith: #""\#(field)": {"Resource": "\#(arn)"}, "#) == [
                    "SCHEMA_VALIDATION_FAILED: The resource provided \(arn) is not recognized. The value is not a "
                        + "valid resource ARN, or the resource is not available in this region. at "
                        + "/States/S/\(field)/Resource"
                ])
        }
    }

    @Test func readersAndWritersHaveFormatsThatAServerKnows() {
        let invalid = [
            ("ReaderConfig", "InputType", "PARQUET", "CSV, JSON, JSONL, MANIFEST"),
            ("ReaderConfig", "Transformation", "LOAD_AND_FLATTEN", "NONE"),
            ("ReaderConfig", "CSVHeaderLocation", "LAST_ROW", "FIRST_ROW, GIVEN"),
            ("ReaderConfig", "CSVDelimiter", ";", "COMMA, PIPE, SEMICOLON, SPACE, TAB"),
            ("ReaderConfig", "ManifestType", "OTHER", "S3_INVENTORY, ATHENA_DATA"),
            ("WriterConfig", "Transformation", "flatten", "NONE, COMPACT, FLATTEN"),
            ("WriterConfig", "OutputType", "CSV", "JSON, JSONL"),
        ]
        for (config, field, word, known) in invalid {
            let (part, action) =
                config == "ReaderConfig" ? ("ItemReader", "getObject") : ("ResultWriter", "putObject")
            func problems(_ word: Substring) -> [String] {
                errors(
                    ofMapWith: #""\#(part)": {"Resource": "arn:aws:states:::s3:\#(action)", "#
                        + #""\#(config)": {"\#(field)": "\#(word)"}}, "#)
            }
            #expect(
                problems(word[...]) == [
                    "SCHEMA_VALIDATION_FAILED: Value must be one of the following: [\(known)] at "
                        + "/States/S/\(part)/\(config)/\(field)"
                ])
            #expect(known.split(separator: ", ").allSatisfy { problems($0).isEmpty })
        }
    }

    @Test func expressMachinesHaveNoActivitiesAndNoDistributedMaps() {
        #expect(
            errors(ofMapWith: "", isExpress: true) == [
                "SCHEMA_VALIDATION_FAILED: Express state machine does not support the mode DISTRIBUTED at "
                    + "/States/S/ItemProcessor/ProcessorConfig/Mode"
            ])
        let arn = "arn:aws:states:us-east-1:000000000000:activity:a"
        let activity = #"{"Type": "Task", "Resource": "\#(arn)", "End": true}"#
        #expect(
            DefinitionChecks(isExpress: true).check(#"{"StartAt": "S", "States": {"S": \#(activity)}}"#)
                .map(\.description) == [
                    "SCHEMA_VALIDATION_FAILED: Express state machine does not support Activity ARN '\(arn)' at "
                        + "/States/S/Resource"
                ])
    }
}
