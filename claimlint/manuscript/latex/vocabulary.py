"""What LaTeX's commands and environments are, as data."""

from __future__ import annotations

import re

from claimlint.manuscript.wordlists import words

# By the arguments that are read and dropped: o an optional one, m a mandatory one. What follows them is
# read as ordinary text, so an argument that is prose needs no letter.
_BY_ARGUMENTS = {
    "o": "hyperref footnotemark linebreak pagebreak lipsum blindtext columnbreak",
    "oo": "makebox framebox",
    "ooom": "parbox",
    "om": """
        author affil affiliation institute institution address email date label RequirePackage
        LoadClass bibliographystyle bibliography addbibresource pagestyle thispagestyle
        includegraphics hypersetup graphicspath todo missingfigure theoremstyle lstset
        captionsetup nocite hyphenation bibitem cline vspace hspace markright phantom vphantom
        hphantom keywords pagecolor rowcolor cellcolor color pagenumbering newlength newcounter
        stepcounter refstepcounter usetikzlibrary usetheme usecolortheme usefonttheme tikzset
        pgfplotsset index glsadd icmltitlerunning icmlkeywords printAffiliationsAndNotice
        selectlanguage setmainfont setsansfont setmonofont usemintedstyle geometry
        allowdisplaybreaks titlerunning authorrunning orcid inst correspondence IEEEauthorblockN
        IEEEauthorblockA shorttitle shortauthors acmConference acmYear acmDOI acmISBN ccsdesc
        setcitestyle bibpunct AtBeginDocument AtEndDocument rotatebox raisebox colorbox textcolor
        scalebox hyperlink hypertarget foreignlanguage adjustbox includecomment setbeamertemplate
        setbeamercolor setbeamerfont logo titlegraphic lhead rhead chead lfoot rfoot cfoot
        fancyhead fancyfoot enlargethispage linespread settopmatter setlist newlist urlstyle
        bookmarksetup embedfile lstinputlisting verbatiminput setcopyright received editor
        publisher bibliographyfont inlinegraphics lstMakeShortInline MakeShortVerb DefineShortVerb
        tcbuselibrary texorpdfstring cmidrule thmlist
        """,
    "mm": """
        setlength addtolength setcounter addtocounter markboth resizebox fcolorbox
        PassOptionsToPackage newcolumntype fontsize DeclarePairedDelimiter icmlauthor
        icmlaffiliation icmlcorrespondingauthor icmlsetsymbol counterwithin numberwithin
        crefformat Crefformat DeclareUnicodeCharacter colorlet newglossaryentry setkeys
        addtobeamertemplate newacro multicolumn addtocontents SetKwInOut SetKwFunction
        lstdefinestyle mdfdefinestyle pgfmathsetmacro currentpdfbookmark belowpdfbookmark
        subpdfbookmark
        """,
    "omm": """
        rule newacronym lstdefinelanguage DeclareCaptionType newmdenv DeclareFieldFormat newtcbox
        pdfbookmark
        """,
    "omoom": "newtcolorbox newtcbtheorem",
    "mmm": "definecolor addcontentsline crefname Crefname titlespacing crefrangeformat newfloat",
    "mo": "NeedsTeXFormat ProvidesPackage ProvidesClass ProvidesFile",
    "omomo": "multirow",
    "momo": "newtheorem",
    "mommmm": "titleformat",
    "mmmmm": "xpatchcmd",
}
ARGUMENTS = {name: letters for letters, names in _BY_ARGUMENTS.items() for name in names.split()}

# Commands of plain TeX that take a length or a number without braces.
LENGTHS = words(
    """
    hskip vskip kern hsize vsize parindent parskip baselineskip magnification hoffset voffset
    tolerance hbadness vbadness overfullrule leftskip rightskip lineskip topskip pageno columnsep
    textwidth textheight tabcolsep abovedisplayskip belowdisplayskip abovecaptionskip
    belowcaptionskip penalty clubpenalty widowpenalty linewidth oddsidemargin evensidemargin
    topmargin headheight headsep raise lower moveleft moveright looseness emergencystretch
    hangindent hangafter arraystretch floatsep textfloatsep intextsep interdisplaylinepenalty
    predisplaypenalty displaywidowpenalty brokenpenalty hyphenpenalty exhyphenpenalty
    interlinepenalty
    """
)
LENGTH = re.compile(
    r"\s*=?\s*(?:-?(?:\d+\.?\d*|\.\d+)?(?:\s*(?:true)?\s*(?:pt|cm|mm|in|em|ex|bp|pc|dd|sp|fil+)\b|\\[a-zA-Z@]+)"
    r"|-?\d+(?!\w))(?:\s*(?:plus|minus)\s*-?[\d.]*\s*(?:pt|cm|mm|in|em|ex|fil+|\\[a-zA-Z@]+))*"
)

# Commands that stand for characters. A blank stands for white space.
CHARACTERS: dict[str, str] = {
    **{c: c for c in "%&_#${}"},
    **dict.fromkeys([" ", "\n", "\t", "\r", ",", ";", ":", ">", "quad", "qquad", "enspace", "enskip"], " "),
    **dict.fromkeys(["thinspace", "space", "nobreakspace", "hfill", "hfil", "tab"], " "),
    **dict.fromkeys(["!", "/", "-", "@", "+", "allowbreak", "|"], ""),
    "ldots": "…", "dots": "…", "textellipsis": "…", "textendash": "–", "textemdash": "—", "S": "§", "P": "¶",
    "i": "ı", "j": "ȷ", "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å",
    "AA": "Å", "l": "ł", "L": "Ł", "textasciitilde": "~", "textbackslash": "\\", "textasciicircum": "^",
    "textquotedblleft": "“", "textquotedblright": "”", "textquoteleft": "‘", "textquoteright": "’",
    "lq": "‘", "rq": "’", "textquotesingle": "'", "textbar": "|", "textless": "<", "textgreater": ">",
    "textunderscore": "_", "textdollar": "$", "textpercent": "%", "textdegree": "°", "degree": "°",
    "percent": "%",
    "textpm": "±", "texttimes": "×", "textmu": "µ", "texttrademark": "™", "textregistered": "®",
    "textcopyright": "©", "copyright": "©", "textbullet": "•", "textsection": "§", "dag": "†", "ddag": "‡",
    "pounds": "£", "texteuro": "€", "euro": "€", "textrightarrow": "→", "textleftarrow": "←", "slash": "/",
    "LaTeX": "LaTeX", "LaTeXe": "LaTeX2e", "TeX": "TeX", "BibTeX": "BibTeX", "checkmark": "✓", "cmark": "✓",
    "xmark": "✗", "guillemotleft": "«", "guillemotright": "»", "og": "« ", "fg": " »", "textalpha": "α",
    "textbeta": "β", "lbrack": "[", "rbrack": "]", "textbraceleft": "{", "textbraceright": "}",
}  # fmt: skip

# Often defined by papers themselves; these are what is meant where a paper does not say.
ABBREVIATIONS = {
    "eg": "e.g.", "ie": "i.e.", "etal": "et al.", "etc": "etc.", "cf": "cf.", "vs": "vs.", "wrt": "w.r.t.",
    "Eg": "E.g.", "Ie": "I.e.", "iid": "i.i.d.", "resp": "resp.", "aka": "a.k.a.",
}  # fmt: skip

ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "r": "\u030a", "k": "\u0328", "d": "\u0323",
    "b": "\u0331",
}  # fmt: skip

TYPOGRAPHY = {"~": " ", "``": "“", "''": "”", "`": "‘", "---": "—", "--": "–"}

# Depths count as in LaTeX's own table of contents.
HEADINGS = {
    "part": -1, "chapter": 0, "section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4,
    "subparagraph": 5, "frametitle": 3, "beginsection": 1, "addsec": 1, "addchap": 0, "minisec": 4,
    "subpart": 0,
}  # fmt: skip
TITLES = frozenset(["title", "icmltitle", "subtitle", "aistatstitle"])
FOOTNOTES = words(
    """
    footnote footnotetext marginpar marginnote sidenote endnote tablefootnote blfootnote thanks
    savefootnote
    """
)
CAPTIONS = frozenset(
    ["caption", "captionof", "subcaption", "bicaption", "topcaption", "bottomcaption", "captionsidewidth"]
)

CITATION = re.compile(
    r"(?!nocite|citestyle|citetext|citenum$|citereset|bibcite|DeclareCite|defcite|citeright|citeleft)"
    r"[A-Za-z]*[cC]ite(?:s|t|p|alt|alp|author|year|yearpar|title|url|num|text|fullauthor|A|NP|ANP|N|yearNP)*"
)
REFERENCES = words(
    """
    ref cref Cref autoref eqref pageref nameref vref Vref vpageref cpageref Cpageref subref labelcref fref
    Fref sref Sref secref figref tabref appref thref zcref namecref nameCref lcnamecref autopageref fullref
    crefrange Crefrange subfigref Figref Secref Tabref algref Algref eqnref
    """
)
DEFINITIONS = words(
    """
    newcommand renewcommand providecommand DeclareRobustCommand newrobustcmd def gdef edef xdef let
    NewDocumentCommand RenewDocumentCommand ProvideDocumentCommand DeclareDocumentCommand
    newcommandx
    """
)

MATH_ENVIRONMENTS = words(
    """
    equation align gather multline eqnarray displaymath math flalign alignat dmath IEEEeqnarray xalignat
    xxalignat split aligned gathered mathpar empheq prooftree
    """
)
RAW_ENVIRONMENTS = words(
    """
    verbatim lstlisting minted comment Verbatim BVerbatim LVerbatim alltt tikzpicture filecontents
    algorithmic algorithmicx forest pgfpicture axis thebibliography pyglist tcblisting picture
    codeblock code tikzcd circuitikz luacode asy dot2tex bibliography CCSXML theindex pspicture xy
    feynman semiverbatim
    """
)
TABLE_ENVIRONMENTS = {
    "tabular": "om", "tabular*": "mom", "tabularx": "mom", "tabulary": "mm", "array": "om", "longtable": "om",
    "tabu": "m", "longtabu": "m", "tblr": "om", "longtblr": "om", "NiceTabular": "om", "supertabular": "m",
    "xltabular": "mm", "matrix": "", "tabbing": "",
}  # fmt: skip
FLOAT_ENVIRONMENTS = {
    "figure": "o", "figure*": "o", "table": "o", "table*": "o", "wrapfigure": "omom", "wraptable": "omom",
    "sidewaysfigure": "o", "sidewaystable": "o", "SCfigure": "oo", "marginfigure": "o", "margintable": "o",
    "subfigure": "om", "subtable": "om", "floatrow": "o", "listing": "o", "teaserfigure": "",
    "figwindow": "o",
    "threeparttable": "o", "tablenotes": "o", "figurehere": "",
}  # fmt: skip
# Only the caption of these is prose.
CAPTION_ONLY_ENVIRONMENTS = frozenset(["algorithm", "algorithm2e", "algorithm*", "procedure", "function"])
ENVIRONMENT_ARGUMENTS = {
    "minipage": "ooom", "multicols": "mo", "adjustbox": "m", "columns": "o", "column": "om", "list": "mm",
    "spacing": "m", "adjustwidth": "mm", "resizebox": "mm", "mdframed": "o", "tcolorbox": "o",
    "otherlanguage": "m",
    "textblock": "m", "strip": "o", "abstract": "o", "IEEEkeywords": "", "restatable": "omm", "lrbox": "m",
    "icmlauthorlist": "", "turn": "m", "rotate": "m", "addmargin": "om", "savenotes": "", "scope": "o",
    "thmbox": "o", "dingautolist": "m", "hyphenrules": "m", "hangparas": "mm",
}  # fmt: skip
# Beamer's boxes, each of which has its title for an argument.
TITLED_ENVIRONMENTS = frozenset(["block", "alertblock", "exampleblock"])
# Nothing in these is prose of the paper.
SILENT_ENVIRONMENTS = frozenset(["icmlauthorlist", "keyword", "keywords", "IEEEkeywords", "CJKnames"])

# \if-like names that TeX's own skipping does not count as conditionals.
NOT_CONDITIONALS = words(
    """
    iff ifthenelse ifbool iftoggle ifblank ifdef ifundef ifcsdef ifcsundef ifdefempty ifdefstring
    ifstrequal ifstrempty ifdefvoid ifnumcomp ifnumequal ifdimcomp ifnumodd ifinlist IfFileExists
    ifempty ifnotempty ifpackageloaded ifclassloaded ifthispageodd ifequal ifstreq ifdimequal
    ifcsstring ifcsempty
    """
)
