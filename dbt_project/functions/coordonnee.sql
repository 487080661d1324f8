-- Columns A to ZZZ; further than any spreadsheet goes.
select
    case when colonne > 702 then chr(65 + (colonne - 703) / 676 % 26) else '' end
    || case when colonne > 26 then chr(65 + (colonne - 27) / 26 % 26) else '' end
    || chr(65 + (colonne - 1) % 26)
    || ligne::text
