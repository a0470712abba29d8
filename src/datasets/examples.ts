/** What the readers of data sets on disk give: official records with typed fields, pictures still encoded. */

/** A picture of a data set, not read yet. */
export interface StoredImage {
  /** As the data set names it; submissions and results use it. */
  readonly id: string;
  /** Path, for messages. */
  readonly where: string;
  /** The encoded bytes. @throws BifocalError "data" when the file is missing or empty. */
  read(): Promise<Uint8Array>;
}

/** Left, top, width and height in pixels of the stored picture. */
export type Box = readonly [x: number, y: number, width: number, height: number];

/** A picture and the sentences that describe it, in the file's order; none where they are held back. */
export interface CaptionExample {
  readonly image: StoredImage;
  readonly captions: readonly string[];
}

/** Caption i describes the part of the picture in box i. */
export interface RegionExample extends CaptionExample {
  readonly boxes: readonly Box[];
}

/** One question about a picture. */
export interface QuestionExample {
  readonly image: StoredImage;
  readonly questionId: string;
  readonly question: string;
  readonly questionType?: string;
  /** Raw, one for each annotator; absent where they are held back. */
  readonly answers?: readonly string[];
  readonly answerType?: string;
}

/** A question with the answers of a closed vocabulary and their soft scores, as ViLT's Arrow files keep it. */
export interface ScoredQuestionExample {
  readonly image: StoredImage;
  readonly questionId: string;
  readonly question: string;
  /** Label in the vocabulary and score in [0, 1] of each answer; none for test questions. */
  readonly answers: readonly { readonly answer: string; readonly label: number; readonly score: number }[];
}

/** A sentence about two pictures (NLVR2). */
export interface PairStatementExample {
  readonly images: readonly [left: StoredImage, right: StoredImage];
  readonly id: string;
  readonly sentence: string;
  readonly label: boolean;
}

/** A picture as premise, a sentence as hypothesis (SNLI-VE). */
export interface EntailmentExample {
  readonly image: StoredImage;
  readonly id: string;
  readonly hypothesis: string;
  readonly label: "entailment" | "neutral" | "contradiction";
}

/** Expressions that all refer to one box of a picture (RefCOCO). */
export interface ReferringExample {
  readonly image: StoredImage;
  readonly id: string;
  readonly expressions: readonly string[];
  /** Every annotated object of the picture. */
  readonly candidates: readonly Box[];
  /** Which candidate is meant. */
  readonly target: number;
}

/** A meme and the text on it. */
export interface MemeExample {
  readonly image: StoredImage;
  readonly id: string;
  readonly text: string;
  /** Absent where it is held back. */
  readonly hateful?: boolean;
}

/** A picture of one class. */
export interface ClassExample {
  readonly image: StoredImage;
  readonly label: string;
  /** Place of the label among all labels of the split, sorted. */
  readonly class: number;
}

/** One or two sentences with a label or a score (GLUE). */
export interface SentenceExample {
  readonly id: string;
  readonly sentences: readonly [string] | readonly [string, string];
  /** One of the data set's classes; absent where it is held back. */
  readonly label?: string;
  /** Where the task is a regression. */
  readonly score?: number;
}

/** A paragraph of plain text. */
export interface TextExample {
  readonly text: string;
}

/** The example of each form of data. */
export interface ExampleOf {
  readonly captions: CaptionExample;
  readonly regions: RegionExample;
  readonly questions: QuestionExample;
  readonly "scored questions": ScoredQuestionExample;
  readonly "pair statements": PairStatementExample;
  readonly entailment: EntailmentExample;
  readonly referring: ReferringExample;
  readonly memes: MemeExample;
  readonly classes: ClassExample;
  readonly sentences: SentenceExample;
  readonly text: TextExample;
}

/** What the records of a data set are. */
export type Form = keyof ExampleOf;

/** The pictures of an example, none where it is text. */
export function imagesOf(example: ExampleOf[Form]): readonly StoredImage[] {
  if ("images" in example) return example.images;
  return "image" in example ? [example.image] : [];
}
