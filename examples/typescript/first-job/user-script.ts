import { AssetStaging, type FileAssetLocation, FileAssetPackaging, type Stack } from 'aws-cdk-lib';

/**
 * Uploads a PySpark script with the stack's other assets. Clean Rooms wants it to be named `user_script.py`, which an ordinary
 * asset is not, and fails jobs whose script was changed in place, so every version gets a folder of its own.
 */
export function uploadUserScript(stack: Stack, path: string): FileAssetLocation {
  const staging = new AssetStaging(stack, 'UserScript', { sourcePath: path });
  return stack.synthesizer.addFileAsset({
    fileName: staging.relativeStagedPath(stack),
    packaging: FileAssetPackaging.FILE,
    sourceHash: `${staging.assetHash}/user_script`, // the ending comes from the file's name
  });
}
